"""The checks of `DATASET/charging/`: one module for each group of files, one for what they say of each other."""
