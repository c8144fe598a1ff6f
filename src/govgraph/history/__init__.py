"""What was: the revision log, which is the truth, and what is made of it; validates nothing and makes no revision."""
