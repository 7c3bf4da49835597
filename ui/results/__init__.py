"""What came out: the tables, the chart, failures, and earlier jobs."""
