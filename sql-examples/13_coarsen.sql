-- Coarsen
-- Means of blocks of 50 rows and 60 columns, with the middle of each block; clouds are missing and left out.
-- xarray: ds.red.coarsen(y=50, x=60).mean()

SELECT avg(y) AS y, avg(x) AS x, round(avg(red), 4) AS red, count(red) AS clear
FROM scene
GROUP BY dim_index(y) / 50, dim_index(x) / 60
ORDER BY y DESC, x;
