"""`ain init`: a small data set and scenario to begin with."""
