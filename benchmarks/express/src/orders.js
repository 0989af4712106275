'use strict';

const { Router } = require('express');
const Joi = require('joi');
const { notFound, validate, wrap } = require('./middleware');
const { db, orderQueue } = require('./stores');

const INSERT = `
  INSERT INTO orders (product_id, email, quantity, total)
  SELECT id, $2, $3::int, price * $3::int FROM products WHERE id = $1
  RETURNING id, product_id, email, quantity, total, status, created_at`;

const orderShape = Joi.object({
  product_id: Joi.number().integer().positive().required(),
  quantity: Joi.number().integer().min(1).max(1000).required(),
  email: Joi.string().email().required(),
});

const router = Router();

router.post(
  '/',
  validate(orderShape),
  wrap(async (req, res) => {
    const { product_id: productId, email, quantity } = req.body;
    const { rows } = await db.query(INSERT, [productId, email, quantity]);
    if (rows.length === 0) return notFound(req, res);
    await orderQueue.add({ orderId: rows[0].id });
    res.status(201).json(rows[0]);
  }),
);

module.exports = router;
