"""Small services with one limit each, as programs of their own."""
