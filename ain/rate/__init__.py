"""`ain rate`: what usage costs by the tariffs of a data set, and what an amount of money buys."""
