"""From logs to numbers: results, intervals, tool precision and recall; HTML, Markdown, JSON, JUnit."""
