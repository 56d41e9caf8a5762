"""Values and derivatives as data: container, scaling, files."""

from sobolev.data.csv_table import read_csv as read_csv
from sobolev.data.csv_table import write_csv as write_csv
from sobolev.data.dataset import Dataset as Dataset
from sobolev.data.files import read as read
from sobolev.data.files import write as write
from sobolev.data.hdf5 import read_hdf5 as read_hdf5
from sobolev.data.hdf5 import write_hdf5 as write_hdf5
from sobolev.data.hdf5 import write_parts as write_parts
from sobolev.data.hdf5_stream import HDF5Rows as HDF5Rows
from sobolev.data.hdf5_stream import open_rows as open_rows
from sobolev.data.npz import read_npz as read_npz
from sobolev.data.npz import write_npz as write_npz
from sobolev.data.parquet import read_parquet as read_parquet
from sobolev.data.parquet import write_parquet as write_parquet
from sobolev.data.points import read_points as read_points
from sobolev.data.scaling import Scaling as Scaling
from sobolev.data.stack import stack as stack
