"""JSON Schemas of the TOML files that people write: `files` lists them, `manual` makes those of a data set, `own` the others."""
