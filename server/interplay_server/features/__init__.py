"""Interaction features: 29 numbers for each customer and product, defined by one SQL kernel over Arrow tables."""
