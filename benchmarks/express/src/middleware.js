'use strict';

const { createSecretKey } = require('node:crypto');
const jwt = require('jsonwebtoken');
const { redis } = require('./stores');

const WINDOW_SECONDS = 60;
// RATE_LIMIT=Infinity still counts every request, and refuses none.
const RATE_LIMIT = Number(process.env.RATE_LIMIT || 100);
// Made once: from a string, jsonwebtoken would parse a key anew for every request.
const JWT_KEY = createSecretKey(process.env.JWT_SECRET, 'utf8');

/** Lets a handler be async: what it throws reaches the error handler. */
const wrap = (handler) => (req, res, next) => handler(req, res, next).catch(next);

const rateLimit = wrap(async (req, res, next) => {
  const key = `rate:${req.ip}`;
  const hits = await redis.incr(key);
  if (hits === 1) await redis.expire(key, WINDOW_SECONDS);
  if (hits <= RATE_LIMIT) return next();
  res.set('Retry-After', String(WINDOW_SECONDS)).status(429).json({ error: 'Too many requests' });
});

const validate = (schema) => (req, res, next) => {
  const { error, value } = schema.validate(req.body, { abortEarly: false });
  if (error) return res.status(400).json({ error: error.details.map((detail) => detail.message) });
  req.body = value;
  next();
};

function authenticate(req, res, next) {
  const [scheme, token] = (req.get('authorization') || '').split(' ');
  try {
    if (scheme !== 'Bearer') throw new jwt.JsonWebTokenError('no bearer token');
    req.userId = jwt.verify(token, JWT_KEY, { algorithms: ['HS256'] }).sub;
  } catch {
    return res.status(401).json({ error: 'Unauthorized' });
  }
  next();
}

const signToken = (user) =>
  jwt.sign({}, JWT_KEY, { algorithm: 'HS256', subject: String(user.id), expiresIn: '1h' });

const notFound = (req, res) => res.status(404).json({ error: 'Not found' });

// eslint-disable-next-line no-unused-vars -- Express tells an error handler by its four parameters
function onError(error, req, res, next) {
  const status = error.status || 500;
  if (status >= 500) console.error(error);
  res.status(status).json({ error: status >= 500 ? 'Internal server error' : error.message });
}

module.exports = { wrap, rateLimit, validate, authenticate, signToken, notFound, onError };
