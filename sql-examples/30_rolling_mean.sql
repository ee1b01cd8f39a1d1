-- Rolling mean
-- A week around each day, at one cell; at the ends of the series there are fewer days, and no mean.
-- xarray: ds.tmax.sel(lat=51, lon=6).rolling(time=7, center=True).mean()

WITH smooth AS (
    SELECT time, tmax, avg(tmax) OVER week AS week, count(tmax) OVER week AS days
    FROM daily
    WHERE lat = 51 AND lon = 6
    WINDOW week AS (ORDER BY time ROWS BETWEEN 3 PRECEDING AND 3 FOLLOWING)
)
SELECT time, tmax, round(CASE WHEN days = 7 THEN week END, 3) AS week
FROM smooth
ORDER BY time
LIMIT 10;
