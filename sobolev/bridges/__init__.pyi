from .ase import SobolevCalculator as SobolevCalculator
from .sklearn import SobolevRegressor as SobolevRegressor
