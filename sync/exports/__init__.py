"""The school's records as CSV files that other programs can import. Pure, and apart from SDS."""
