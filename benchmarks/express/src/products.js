'use strict';

const { Router } = require('express');
const { notFound, wrap } = require('./middleware');
const { cachedJson, db } = require('./stores');

const CACHE_SECONDS = 60;
const PAGE_SIZE = 20;
const COLUMNS = 'id, name, description, category, price, currency, created_at';

const router = Router();

router.get(
  '/',
  wrap(async (req, res) => {
    const body = await cachedJson('products', CACHE_SECONDS, async () => {
      const { rows } = await db.query(`SELECT ${COLUMNS} FROM products ORDER BY id LIMIT $1`, [PAGE_SIZE]);
      return rows;
    });
    res.type('json').send(body);
  }),
);

router.get(
  '/:id(\\d{1,18})',
  wrap(async (req, res) => {
    const body = await cachedJson(`product:${req.params.id}`, CACHE_SECONDS, async () => {
      const { rows } = await db.query(`SELECT ${COLUMNS} FROM products WHERE id = $1`, [req.params.id]);
      return rows[0] ?? null;
    });
    if (body === 'null') return notFound(req, res);
    res.type('json').send(body);
  }),
);

module.exports = router;
