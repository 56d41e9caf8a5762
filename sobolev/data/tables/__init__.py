"""Tables of named columns: CSV, Parquet, data frames."""
