from .sklearn import SobolevRegressor as SobolevRegressor
