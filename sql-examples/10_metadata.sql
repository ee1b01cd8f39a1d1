-- Metadata as tables
-- What DESCRIBE DATASET shows, to be asked: dimensions, variables, attributes and the chunks of a variable.
-- xarray: ds.sizes, ds.variables, ds.sst.attrs, ds.sst.encoding["chunks"]

SELECT * FROM ersst.dimensions;

SELECT name, role, type, dimensions, shape, chunk_shape, units FROM ersst.variables;

SELECT * FROM ersst.attributes WHERE variable = 'sst';

SELECT count(*) AS chunks FROM ersst.chunks WHERE variable = 'sst';
