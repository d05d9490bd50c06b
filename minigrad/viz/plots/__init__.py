"""Plots of training, of matrices and of failures: need matplotlib."""
