"""HDF5 in Dakota's layout, ours and others', whole or as a stream of rows."""
