-- Metadata as tables
-- What DESCRIBE DATASET shows, to be asked: dimensions, variables, attributes, chunks.
-- xarray: ds.sizes, ds.variables, ds.sst.attrs, ds.sst.encoding["chunks"]

SELECT * FROM ersst.dimensions;

SELECT name, role, type, dimensions, shape, chunk_shape, units FROM ersst.variables;

SELECT * FROM ersst.attributes WHERE variable = 'sst';

SELECT chunk, start, shape, key FROM ersst.chunks WHERE variable = 'sst' AND chunk LIKE '5_/0/0' ORDER BY key;
