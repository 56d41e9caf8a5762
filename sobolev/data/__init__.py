"""Values and derivatives as data: container, scaling, files."""

from sobolev.data.csv_table import read_csv as read_csv
from sobolev.data.csv_table import write_csv as write_csv
from sobolev.data.dataset import Dataset as Dataset
from sobolev.data.files import read as read
from sobolev.data.files import write as write
from sobolev.data.npz import read_npz as read_npz
from sobolev.data.npz import write_npz as write_npz
from sobolev.data.scaling import Scaling as Scaling
from sobolev.data.stack import stack as stack
