"""What a short statement about a person says: its subject, attribute, value, quantities, names and negation."""
