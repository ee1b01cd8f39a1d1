-- A curvilinear grid as a movie
-- Three dimensions, so a frame for each month. Longitude and latitude depend on both dimensions of the model's grid: cells are drawn
-- where they are.
-- xarray: [ds.sst.isel(time=t).plot(x="nav_lon", y="nav_lat") for t in range(6)]

COPY (
    SELECT time, y, x, nav_lat, nav_lon, sst
    FROM ocean
    WHERE time < '2015-07'
) TO 'ocean_movie.gif' OPTIONS ('width' '300', 'label' 'sst [degC]', 'cmap' 'viridis', 'fps' '4');

SELECT time, round(avg(sst), 3) AS sst
FROM ocean
WHERE time < '2015-07' AND nav_lat > 60
GROUP BY time
ORDER BY time;
