-- Summary of a dataset
-- Dimensions, coordinates with their first and last labels, variables, attributes, size.
-- xarray: ds

DESCRIBE DATASET ersst;
