-- Weighted global mean
-- The mean of the whole sea, a row for each year; cells weigh by their size, which shrinks towards the poles.
-- xarray: ds.sst.weighted(np.cos(np.deg2rad(ds.lat))).mean(dim=("lat", "lon")).resample(time="YS").mean()

WITH months AS (
    SELECT time, weighted_avg(sst, cos(radians(lat))) AS sst
    FROM ersst
    GROUP BY time
)
SELECT year(time) AS year, round(avg(sst), 3) AS sst
FROM months
WHERE time >= '2000'
GROUP BY year(time)
ORDER BY year;
