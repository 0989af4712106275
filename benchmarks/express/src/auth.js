'use strict';

const bcrypt = require('bcrypt');
const { Router } = require('express');
const Joi = require('joi');
const { signToken, validate, wrap } = require('./middleware');
const { db } = require('./stores');

const BCRYPT_COST = 10;
const UNIQUE_VIOLATION = '23505';

const credentials = {
  email: Joi.string().email().lowercase().max(254).required(),
  password: Joi.string().min(8).max(72).required(),
};
const router = Router();

router.post(
  '/register',
  validate(Joi.object({ ...credentials, name: Joi.string().max(150).default('') })),
  wrap(async (req, res) => {
    const { email, name, password } = req.body;
    const hash = await bcrypt.hash(password, BCRYPT_COST);
    try {
      const { rows } = await db.query(
        'INSERT INTO users (email, name, password_hash) VALUES ($1, $2, $3) RETURNING id, email, name',
        [email, name, hash],
      );
      res.status(201).json(rows[0]);
    } catch (error) {
      if (error.code !== UNIQUE_VIOLATION) throw error;
      res.status(409).json({ error: 'This e-mail address is taken' });
    }
  }),
);

router.post(
  '/login',
  validate(Joi.object(credentials)),
  wrap(async (req, res) => {
    const { rows } = await db.query('SELECT id, password_hash FROM users WHERE email = $1', [req.body.email]);
    const known = rows.length > 0 && (await bcrypt.compare(req.body.password, rows[0].password_hash));
    if (!known) return res.status(401).json({ error: 'Invalid credentials' });
    res.json({ access: signToken(rows[0]), token_type: 'Bearer', expires_in: 3600 });
  }),
);

module.exports = router;
