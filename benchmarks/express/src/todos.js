'use strict';

const { Router } = require('express');
const Joi = require('joi');
const { authenticate, validate, wrap } = require('./middleware');
const { cachedJson, db, redis } = require('./stores');

const CACHE_SECONDS = 300;
const PAGE_SIZE = 20;
const COLUMNS = 'id, title, completed, created_at';

const keyOf = (userId) => `todos:${userId}`;
const todoShape = Joi.object({
  title: Joi.string().trim().max(200).required(),
  completed: Joi.boolean().default(false),
});
const router = Router();

router.use(authenticate);

router.get(
  '/',
  wrap(async (req, res) => {
    const body = await cachedJson(keyOf(req.userId), CACHE_SECONDS, async () => {
      const { rows } = await db.query(
        `SELECT ${COLUMNS} FROM todos WHERE user_id = $1 ORDER BY id DESC LIMIT $2`,
        [req.userId, PAGE_SIZE],
      );
      return rows;
    });
    res.type('json').send(body);
  }),
);

router.post(
  '/',
  validate(todoShape),
  wrap(async (req, res) => {
    const { rows } = await db.query(
      `INSERT INTO todos (user_id, title, completed) VALUES ($1, $2, $3) RETURNING ${COLUMNS}`,
      [req.userId, req.body.title, req.body.completed],
    );
    await redis.del(keyOf(req.userId));
    res.status(201).json(rows[0]);
  }),
);

module.exports = router;
