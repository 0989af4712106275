'use strict';

const Queue = require('bull');
const Redis = require('ioredis');
const { Pool } = require('pg');

const db = new Pool({ connectionString: process.env.DATABASE_URL, max: 10 });
const redis = new Redis(process.env.REDIS_URL, { enableAutoPipelining: true });
const orderQueue = new Queue('orders', process.env.REDIS_URL, {
  defaultJobOptions: { attempts: 3, backoff: 1000, removeOnComplete: true },
});

/** The JSON text under `key`, made by `load` and kept for `seconds` where it is missing. */
async function cachedJson(key, seconds, load) {
  const hit = await redis.get(key);
  if (hit !== null) return hit;
  const text = JSON.stringify(await load());
  await redis.set(key, text, 'EX', seconds);
  return text;
}

module.exports = { db, redis, orderQueue, cachedJson };
