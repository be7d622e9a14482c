"""Custody of people and tenants: erasing, exporting, retention, content, across every service."""
