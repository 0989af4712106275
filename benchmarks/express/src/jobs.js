'use strict';

const { db, orderQueue } = require('./stores');

const CONCURRENCY = 5;

async function processOrder(job) {
  const { rows } = await db.query('SELECT id, status FROM orders WHERE id = $1', [job.data.orderId]);
  if (rows.length === 0) throw new Error(`order ${job.data.orderId} is not there`);
  if (rows[0].status !== 'pending') return;
  await db.query("UPDATE orders SET status = 'processed', processed_at = now() WHERE id = $1", [rows[0].id]);
}

function consume() {
  orderQueue.process(CONCURRENCY, processOrder);
  orderQueue.on('failed', (job, error) => console.error(`order job ${job.id} failed:`, error.message));
}

module.exports = { consume };
