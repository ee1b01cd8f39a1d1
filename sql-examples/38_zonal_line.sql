-- A zonal mean as a picture
-- One dimension is a line.
-- xarray: ds.sst.mean(dim=("time", "lon")).plot()

COPY (
    SELECT lat, avg(sst) AS sst
    FROM ersst
    GROUP BY lat
) TO 'zonal_line.png' OPTIONS ('width' '480', 'title' 'Zonal mean, 1960 to 2016', 'label' 'sea surface temperature [degC]');

SELECT lat, round(avg(sst), 2) AS sst
FROM ersst
WHERE lat IN (-60, -30, 0, 30, 60)
GROUP BY lat
ORDER BY lat;
