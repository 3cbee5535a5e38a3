"""Review of a run: an open session that takes decisions (`session`, with `compare` and `candidates`), the page's server (`server`), what
comes in from files (`imports`, `workbook`) and what goes out as gold (`gold`). Called by `align review`.
"""
