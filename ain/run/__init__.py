"""`ain run`: a scenario played over the wire, its output and JUnit form."""
