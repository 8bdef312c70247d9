"""Calls that are charged over AIN while they run: a script of the node that asks the door of charging."""
