'use strict';

const cors = require('cors');
const express = require('express');
const helmet = require('helmet');
const auth = require('./auth');
const { notFound, onError, rateLimit, wrap } = require('./middleware');
const orders = require('./orders');
const products = require('./products');
const { redis } = require('./stores');
const todos = require('./todos');

const GREETING_SECONDS = 60;

const app = express();
app.use(helmet());
app.use(cors());
app.get('/health', (req, res) => res.json({ status: 'OK', timestamp: new Date().toISOString() }));

app.use(express.json());
app.use(rateLimit);

app.get(
  '/hello/:name',
  wrap(async (req, res) => {
    const key = `hello:${req.params.name}`;
    const cached = await redis.get(key);
    const message = cached ?? `Hello, ${req.params.name}!`;
    if (cached === null) await redis.set(key, message, 'EX', GREETING_SECONDS);
    res.json({ message, from: cached === null ? 'origin' : 'cache' });
  }),
);
app.use('/auth', auth);
app.use('/products', products);
app.use('/orders', orders);
app.use('/todos', todos);
app.use(notFound);
app.use(onError);

module.exports = app;
