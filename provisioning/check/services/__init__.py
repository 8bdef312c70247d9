"""The folders below `services/`: every file read, every row checked."""
