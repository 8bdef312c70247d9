"""The constraints of a data set, one module per family of tables; each reports every problem it finds and continues."""
