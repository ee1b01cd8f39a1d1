-- A map as a picture
-- The month nearest to a date, two dimensions, so a map: axes, colours and units follow from the data.
-- xarray: ds.sst.sel(time="1982-08-07", method="nearest").plot()

COPY (
    SELECT time, lat, lon, sst
    FROM ersst
    WHERE time = nearest(time, '1982-08-07')
) TO 'august_map.png' OPTIONS ('width' '640', 'cmap' 'viridis');

SELECT time, count(sst) AS cells, round(min(sst), 2) AS coldest, round(max(sst), 2) AS warmest
FROM ersst
WHERE time = nearest(time, '1982-08-07')
GROUP BY time;
