"""Review: a reviewer's decisions, taken in the browser, kept in the log, laid over what was found."""
