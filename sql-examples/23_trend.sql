-- Trend of each cell
-- The slope of a line through the values, in degrees a decade, and how much of their variance it tells; here along the
-- equator.
-- xarray: years = (ds.time.dt.year + (ds.time.dt.month - 0.5) / 12).values
--         equator = ds.sst.sel(lat=0)[:, ::10].assign_coords(time=years)
--         10 * equator.polyfit(dim="time", deg=1).polyfit_coefficients.sel(degree=1)
--         xr.corr(equator, equator.time, dim="time") ** 2

SELECT lon, round(10 * regr_slope(sst, year(time) + (month(time) - 0.5) / 12), 3) AS trend,
    round(regr_r2(sst, year(time) + (month(time) - 0.5) / 12), 3) AS r2
FROM ersst
WHERE lat = 0 AND lon % 20 = 0
GROUP BY lon
ORDER BY lon;
