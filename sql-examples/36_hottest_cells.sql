-- The warmest cells of all
-- Found in the chunks, without making or sorting rows of all other cells.
-- xarray: cells = ds.sst.stack(cell=("time", "lat", "lon")).dropna("cell")
--         cells.sortby(-cells)[:5]

SELECT time, lat, lon, sst
FROM ersst
ORDER BY sst DESC NULLS LAST, time, lat, lon
LIMIT 5;
