-- Metadata as tables
-- What DESCRIBE DATASET shows, to be asked: dimensions, variables, attributes.
-- xarray: ds.sizes, ds.variables, ds.sst.attrs

SELECT * FROM ersst.dimensions;

SELECT name, role, type, dimensions, shape, chunk_shape, units FROM ersst.variables;

SELECT * FROM ersst.attributes WHERE variable = 'sst';
