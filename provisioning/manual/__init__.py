"""What a data set means, in words: every file, column, key and rule; `docs/dataset.md` and `ain check --rule` show it.

Source: interfaces.md section 2.
"""
