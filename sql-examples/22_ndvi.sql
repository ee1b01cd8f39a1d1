-- A vegetation index
-- From the red and the near infrared band of a scene: how much of what is clear is water, bare, sparse or green.
-- xarray: ndvi = (ds.nir - ds.red) / (ds.nir + ds.red)
--         cover = ndvi.groupby_bins(ndvi, [-1, 0, 0.25, 0.6, 1], right=False)
--         cover.count(), cover.mean()

WITH cells AS (
    SELECT (nir - red) / (nir + red) AS ndvi
    FROM scene
    WHERE red IS NOT NULL AND nir IS NOT NULL
)
SELECT
    CASE WHEN ndvi < 0 THEN 'water' WHEN ndvi < 0.25 THEN 'bare' WHEN ndvi < 0.6 THEN 'sparse' ELSE 'green' END AS cover,
    count(*) AS cells, round(avg(ndvi), 3) AS ndvi, round(count(*) * 900 / 1e6, 2) AS km2
FROM cells
GROUP BY 1
ORDER BY ndvi;
