-- Yearly means
-- Resampled from months to years, over the tropics.
-- xarray: ds.sst.sel(lat=slice(-20, 20)).resample(time="YS").mean(dim=...)

SELECT date_trunc('year', time) AS year, round(avg(sst), 3) AS sst
FROM ersst
WHERE lat BETWEEN -20 AND 20 AND time >= '2005'
GROUP BY date_trunc('year', time)
ORDER BY year;
