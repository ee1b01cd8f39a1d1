-- A mean over everything, and its plan
-- What a query reads is told before it runs: no rows are made, chunks are decoded and added up.
-- xarray: ds.sst.mean()

EXPLAIN SELECT avg(sst) FROM ersst;

SELECT avg(sst) AS sst, count(sst) AS cells FROM ersst;
