/*
 * The first page: asks /api/v1/health, summary and overview, shows them as two
 * tables, and sets an affinity when told to. Texts from the machine are only
 * ever put in as text.
 */
'use strict';

const api = 'api/v1/';
const columnsAtMost = 16;
const byId = id => document.getElementById(id);
const none = '\u2013';

const whole = n => n === null || n === undefined ? none : Math.round(n).toLocaleString('en');
const rate = n => n === null || n === undefined ? none : n >= 100 ? whole(n) : n.toFixed(n < 1 ? 2 : 1);
const percent = n => n === null || n === undefined ? none : (100 * n).toFixed(1) + ' %';

/* The answer as an object; an Error says what the API said. */
async function ask(path, options) {
	let response;
	try {
		response = await fetch(api + path, options);
	} catch (e) {
		throw new Error('The service cannot be reached. Is irqpilot running?');
	}
	let body = null;
	try {
		body = await response.json();
	} catch (e) {
		throw new Error('The service answered ' + response.status + ' and no JSON.');
	}
	if (!response.ok) {
		const errors = (body.errors || []).map(e => 'IRQ ' + e.irq + ': ' + e.detail).join(' ');
		throw new Error(body.detail + (errors ? ' ' + errors : ''));
	}
	return body;
}

function cell(row, text, kind) {
	const td = row.insertCell();
	td.textContent = text;
	td.className = (kind || '') + (text === none ? ' none' : '');
	return td;
}

function head(table, titles) {
	const row = table.createTHead().insertRow();
	for (const [title, kind] of titles) {
		const th = document.createElement('th');
		th.scope = 'col';
		th.textContent = title;
		th.className = kind || '';
		row.append(th);
	}
}

/* Replaces a table's rows by what fill() puts into a new one. */
function refill(id, fill) {
	const old = byId(id), table = document.createElement('table');
	table.id = id;
	fill(table);
	old.replaceWith(table);
}

function showState(health) {
	const state = byId('state');
	const age = health.last_sample_age_seconds;
	const texts = {
		ok: 'The sampler is running.',
		stale: 'Stale: the last sample is ' + whole(age) + ' s old. Is irqsampler running?',
		no_data: 'No data: the history has no sample yet. Is irqsampler running?'
	};
	let text = texts[health.status] || health.status;
	if (health.irqbalance && health.irqbalance.running)
		text += ' irqbalance is running too: it may move what you set.';
	if (state.textContent !== text)
		state.textContent = text;
	state.className = health.status === 'ok' ? '' : 'bad';
}

function showFailure(error) {
	const state = byId('state');
	if (state.textContent !== error.message)
		state.textContent = error.message;
	state.className = 'bad';
}

function showCovered(w) {
	const gaps = w.gaps.map(g => g.why + ' from ' + g.start + ' to ' + g.end).join('; ');
	byId('covered').textContent = w.start + ' to ' + w.end + ': ' + w.seconds.toFixed(1) + ' s covered, ' +
		whole(w.samples) + ' samples.' + (w.complete ? '' : ' Only part of what was asked is covered.') +
		(gaps ? ' Gaps: ' + gaps + '.' : '');
}

function showCpus(summary) {
	const e = summary.evenness;
	byId('evenness').textContent = e.imbalance === null ? 'No device fired: there is nothing to compare.' :
		'Devices\u2019 interrupts: the fullest CPU has ' + percent(e.imbalance) + ' more than the mean (' +
		whole(e.max) + ' against ' + whole(e.mean) + '; the emptiest ' + whole(e.min) + ').';
	refill('cpus', table => {
		head(table, [['CPU'], ['all per second'], ['devices per second'], ['share of devices\u2019'], [''], ['IRQs'],
			['busiest device here', 'text']]);
		const body = table.createTBody();
		for (const c of summary.cpus) {
			const row = body.insertRow();
			cell(row, c.cpu + (c.online === false ? ' (offline)' : ''));
			cell(row, rate(c.per_second));
			cell(row, rate(c.device_per_second));
			cell(row, percent(c.share));
			const bar = document.createElement('meter');
			bar.value = c.share || 0;
			bar.setAttribute('aria-label', 'share of CPU ' + c.cpu);
			row.insertCell().append(bar);
			cell(row, whole(c.irqs));
			cell(row, c.top ? c.top.irq + ' ' + (c.top.name || '') + ' (' + percent(c.top.share) + ')' : none, 'text');
		}
	});
}

/* The busiest CPUs, as many as a page holds, in order of number. */
function columnsOf(overview) {
	const cpus = overview.cpus.slice();
	if (cpus.length <= columnsAtMost)
		return cpus;
	cpus.sort((a, b) => overview.cpu_totals[b] - overview.cpu_totals[a] || a - b);
	return cpus.slice(0, columnsAtMost).sort((a, b) => a - b);
}

function showIrqs(overview) {
	const columns = columnsOf(overview), folded = overview.cpus.length - columns.length;
	const withSystem = byId('system').checked;
	const irqs = overview.irqs.filter(i => withSystem || i.class === 'device');
	byId('folded').textContent = irqs.length === 0 ? 'Nothing fired in this time.' :
		folded ? 'The ' + columns.length + ' busiest CPUs have a column; \u201cothers\u201d is the sum of the ' + folded +
		' that have none.' : '';
	refill('irqs', table => {
		head(table, [['IRQ', 'text'], ['name', 'text'], ['device', 'text'], ['total'], ['per second']]
			.concat(columns.map(c => ['CPU' + c]), folded ? [['others']] : [], [['affinity', 'text'], ['effective', 'text'],
				['', 'text']]));
		const body = table.createTBody();
		for (const i of irqs) {
			const row = body.insertRow();
			let others = i.total;
			cell(row, i.irq, 'text');
			cell(row, i.name || none, 'text').title = i.name || '';
			cell(row, i.device || none, 'text');
			cell(row, whole(i.total));
			cell(row, rate(i.per_second));
			for (const c of columns) {
				cell(row, whole(i.counts[c] || 0));
				others -= i.counts[c] || 0;
			}
			if (folded)
				cell(row, whole(others));
			cell(row, i.affinity || none, 'text');
			cell(row, i.effective || none, 'text');
			const last = row.insertCell();
			last.className = 'text';
			if (i.movable) {
				const button = document.createElement('button');
				button.textContent = 'set \u2026';
				button.setAttribute('aria-label', 'set the affinity of IRQ ' + i.irq + ' ' + (i.name || ''));
				button.addEventListener('click', () => openSet(i));
				last.append(button);
			} else if (i.class === 'device' && i.reason) {
				last.textContent = i.reason;
			}
		}
	});
}

let setting = null;

function openSet(irq) {
	setting = irq;
	byId('set-what').textContent = 'IRQ ' + irq.irq + ' (' + (irq.name || 'no name') + ') may go to CPU ' +
		(irq.affinity || 'unknown') + ' and goes to ' + (irq.effective || 'unknown') + '.';
	byId('set-cpus').value = irq.affinity || '';
	byId('set-result').textContent = '';
	byId('set').showModal();
	byId('set-cpus').select();
}

async function applySet(event) {
	event.preventDefault();
	const result = byId('set-result');
	result.textContent = 'Asking \u2026';
	try {
		const change = await ask('irqs/' + encodeURIComponent(setting.irq) + '/affinity', {
			method: 'PUT',
			headers: { 'Content-Type': 'application/json' },
			body: JSON.stringify({ cpus: byId('set-cpus').value.trim() })
		});
		const r = change.results[0];
		result.textContent = r.state === 'done' ? 'Done: it goes to CPU ' + (r.effective || r.affinity) + ' now.' :
			r.state === 'pending' ? 'Set to ' + r.affinity + '; it takes effect with the next interrupt.' :
			'Failed: ' + r.code + '.';
		refresh();
	} catch (error) {
		result.textContent = error.message;
	}
}

let timer = 0, asked = 0;

async function refresh() {
	clearTimeout(timer);
	const mine = ++asked, query = '?window=' + byId('seconds').value;
	try {
		const health = await ask('health');
		showState(health);
		if (health.status !== 'no_data') {
			const [summary, overview] = await Promise.all([ask('summary' + query), ask('overview' + query)]);
			if (mine === asked) {
				showCovered(overview.window);
				showCpus(summary);
				if (!byId('irqs').contains(document.activeElement) || document.activeElement === document.body)
					showIrqs(overview);
			}
		}
	} catch (error) {
		showFailure(error);
	}
	if (mine === asked && byId('live').checked)
		timer = setTimeout(refresh, 2000);
}

byId('window').addEventListener('change', refresh);
byId('window').addEventListener('submit', event => event.preventDefault());
byId('set-form').addEventListener('submit', applySet);
byId('set-close').addEventListener('click', () => byId('set').close());
refresh();
