"use strict";
// The generator of this page: from a seed and classes to the pictures that Python draws of them.
const about = JSON.parse(document.getElementById("about").textContent);
const [height, width, channels] = about.shape;
const BLOCK = 250; // pictures whose latents come from one seed
const GAP = 1; // pixels between two pictures of the file
const GREATEST_SEED = 1_000_000;
const PATIENCE = 40; // milliseconds of work, after which the page may answer
const network = readNetwork(unpack("kernels", about.bfloat16), unpack("vectors", false));

// A function that takes the next of the numbers that an element has in base64, as float32 or as the upper half of that.
function unpack(name, halves) {
  const text = atob(document.getElementById(name).textContent.trim());
  const bytes = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
  const bits = halves ? Uint32Array.from(new Uint16Array(bytes.buffer), (half) => half << 16) : bytes;
  const all = new Float32Array(bits.buffer);
  let taken = 0;
  return (count) => all.subarray(taken, (taken += count));
}

// The matrices [outputs, inputs] of all layers, in the order in which Python wrote them.
function readNetwork(kernels, vectors) {
  const normalisation = (size) => ({ mean: vectors(size), factor: vectors(size), offset: vectors(size) });
  const [rows, columns, size] = about.coarse;
  const embedding = kernels(about.classes.length * about.embedding);
  const seedMap = kernels(rows * columns * size * (about.latents + about.embedding));
  const first = normalisation(size);
  let before = size;
  const layers = about.layers.map(({ doubles, after }) => {
    const length = before * (doubles ? 4 : 9);
    const matrices = Array.from({ length: doubles ? 4 : 1 }, () => kernels(after * length));
    before = after;
    return { doubles, after, matrices, normalisation: normalisation(after) };
  });
  const quarters = kernels(4 * channels * 9 * before);
  return { embedding, seedMap, first, layers, quarters, bias: vectors(4 * channels) };
}

// The sums of the products of rows [m, k] and those of a matrix [n, k], two by four at once: m is even, n fourfold.
function multiply(rows, matrix, k, n) {
  const m = rows.length / k;
  const sums = new Float32Array(m * n);
  for (let j = 0; j < n; j += 4) {
    const [b0, b1, b2, b3] = [j * k, (j + 1) * k, (j + 2) * k, (j + 3) * k];
    for (let i = 0; i < m; i += 2) {
      const a0 = i * k, a1 = a0 + k;
      let s0 = 0, s1 = 0, s2 = 0, s3 = 0, t0 = 0, t1 = 0, t2 = 0, t3 = 0;
      for (let p = 0; p < k; p += 1) {
        const s = rows[a0 + p], t = rows[a1 + p];
        const w0 = matrix[b0 + p], w1 = matrix[b1 + p], w2 = matrix[b2 + p], w3 = matrix[b3 + p];
        s0 += s * w0; s1 += s * w1; s2 += s * w2; s3 += s * w3;
        t0 += t * w0; t1 += t * w1; t2 += t * w2; t3 += t * w3;
      }
      const at = i * n + j, below = at + n;
      sums[at] = s0; sums[at + 1] = s1; sums[at + 2] = s2; sums[at + 3] = s3;
      sums[below] = t0; sums[below + 1] = t1; sums[below + 2] = t2; sums[below + 3] = t3;
    }
  }
  return sums;
}

// For each pixel of maps [rows, columns, size] those at the distances `downs` and `rights`, in a row; zero outside.
function gather(maps, rows, columns, size, downs, rights) {
  const found = evenRows(rows * columns, downs.length * rights.length * size);
  let at = 0;
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      for (const y of downs.map((down) => row + down)) {
        for (const right of rights) {
          const x = column + right;
          const inside = y >= 0 && y < rows && x >= 0 && x < columns;
          const from = (y * columns + x) * size;
          if (inside) for (let channel = 0; channel < size; channel += 1) found[at + channel] = maps[from + channel];
          at += size;
        }
      }
    }
  }
  return found;
}

function evenRows(rows, length) {
  return new Float32Array((rows + (rows % 2)) * length);
}

// The 3x3 convolution of maps.
function convolve(maps, rows, columns, size, matrix, after) {
  return multiply(gather(maps, rows, columns, size, [-1, 0, 1], [-1, 0, 1]), matrix, 9 * size, after);
}

// The transposed convolution of stride 2: a 2x2 convolution for each of the four pixels that a pixel becomes.
function double(maps, rows, columns, size, matrices, after) {
  const doubled = evenRows(4 * rows * columns, after);
  matrices.forEach((matrix, place) => {
    const down = place >> 1, right = place & 1;
    const part = multiply(gather(maps, rows, columns, size, [down - 1, down], [right - 1, right]), matrix, 4 * size, after);
    for (let row = 0; row < rows; row += 1) {
      for (let column = 0; column < columns; column += 1) {
        const from = (row * columns + column) * after;
        const to = ((2 * row + down) * 2 * columns + 2 * column + right) * after;
        for (let channel = 0; channel < after; channel += 1) doubled[to + channel] = part[from + channel];
      }
    }
  });
  return doubled;
}

// The same numbers as bfloat16 holds them, if Python computes in that: the nearest ones, of two the even one.
function round(numbers) {
  if (!about.bfloat16) return numbers;
  const bits = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length);
  for (let i = 0; i < bits.length; i += 1) bits[i] = (bits[i] + 0x7fff + ((bits[i] >>> 16) & 1)) & 0xffff0000;
  return numbers;
}

// The same maps, rounded, normalised and all below zero set to zero.
function normalise(maps, { mean, factor, offset }) {
  round(maps);
  const size = mean.length;
  for (let i = 0; i < maps.length; i += 1) {
    const channel = i % size;
    const scaled = Math.fround(Math.fround(maps[i] - mean[channel]) * factor[channel]);
    maps[i] = Math.max(0, scaled + offset[channel]);
  }
  return round(maps);
}

// The picture [height, width, channels] of a latent and the weights of the classes.
function drawPicture(latent, weights) {
  let [rows, columns, size] = about.coarse;
  const inputs = evenRows(1, about.latents + about.embedding);
  inputs.set(latent);
  weights.forEach((weight, label) => {
    for (let i = 0; i < about.embedding; i += 1) {
      inputs[about.latents + i] += weight * network.embedding[label * about.embedding + i];
    }
  });
  const flat = multiply(round(inputs), network.seedMap, inputs.length / 2, rows * columns * size);
  let maps = evenRows(rows * columns, size);
  maps.set(flat.subarray(0, rows * columns * size));
  maps = normalise(maps, network.first);
  for (const { doubles, after, matrices, normalisation } of network.layers) {
    maps = doubles
      ? double(maps, rows, columns, size, matrices, after)
      : convolve(maps, rows, columns, size, matrices[0], after);
    maps = normalise(maps, normalisation);
    size = after;
    if (doubles) [rows, columns] = [2 * rows, 2 * columns];
  }
  return toPixels(convolve(maps, rows, columns, size, network.quarters, 4 * channels), columns);
}

// From maps of which each pixel holds two by two of the picture's, of which the middle is shown.
function toPixels(maps, columns) {
  const { bias } = network, size = bias.length;
  for (let i = 0; i < maps.length; i += 1) maps[i] += bias[i % size];
  round(maps);
  const picture = new Uint8ClampedArray(height * width * channels); // rounds to the nearest, of two to the even one
  const [top, left] = about.corner;
  let at = 0;
  for (let y = top; y < top + height; y += 1) {
    for (let x = left; x < left + width; x += 1) {
      const from = ((y >> 1) * columns + (x >> 1)) * size + ((y & 1) * 2 + (x & 1)) * channels;
      for (let channel = 0; channel < channels; channel += 1) {
        picture[at] = Math.fround(Math.fround(Math.tanh(maps[from + channel]) + 1) * 127.5);
        at += 1;
      }
    }
  }
  return picture;
}

// Four numbers of 32 bits from a counter of four and a key of two: Philox 4x32-10, Salmon et al. 2011.
function philox(counter, key) {
  let [c0, c1, c2, c3] = counter, [k0, k1] = key;
  for (let turn = 0; turn < 10; turn += 1) {
    const [high0, low0] = product(0xd2511f53, c0), [high1, low1] = product(0xcd9e8d57, c2);
    [c0, c1, c2, c3] = [(high1 ^ c1 ^ k0) >>> 0, low1, (high0 ^ c3 ^ k1) >>> 0, low0];
    [k0, k1] = [(k0 + 0x9e3779b9) >>> 0, (k1 + 0xbb67ae85) >>> 0];
  }
  return [c0, c1, c2, c3];
}

// The upper and the lower 32 bits of a product of two numbers of 32 bits.
function product(one, other) {
  const whole = BigInt(one) * BigInt(other);
  return [Number(whole >> 32n), Number(whole & 0xffffffffn)];
}

// Normal numbers as tf.random.stateless_normal draws them: Philox, and the method of Box and Muller for each two. Each
// step is rounded to float32 as TensorFlow's are: a latent that is off by a bit may be another one in bfloat16.
function drawNormals(count, seeds) {
  const [key0, key1, start2, start3] = philox([seeds[0], 0, seeds[1], 0], [0x3ec8f720, 0x02461e29]);
  const normals = new Float32Array(count);
  const share = (bits) => (bits & 0x7fffff) / 0x800000; // in [0, 1)
  for (let at = 0; at < count; at += 4) {
    const bits = philox([at / 4, 0, start2, start3], [key0, key1]);
    for (const pair of [0, 2]) {
      const logarithm = Math.fround(Math.log(Math.fround(Math.max(share(bits[pair]), 1e-7))));
      const length = Math.fround(Math.sqrt(-2 * logarithm));
      const angle = Math.fround(2 * Math.PI * share(bits[pair + 1]));
      normals[at + pair] = Math.fround(Math.sin(angle)) * length; // what is beyond the end is left out
      normals[at + pair + 1] = Math.fround(Math.cos(angle)) * length;
    }
  }
  return normals;
}

// The latents of the first pictures of a seed.
function drawLatents(seed, count) {
  const blocks = Array.from({ length: Math.ceil(count / BLOCK) }, (_, block) =>
    drawNormals(Math.min(BLOCK, count - block * BLOCK) * about.latents, [2 * seed + 1, block]),
  );
  const latent = (i) => blocks[Math.floor(i / BLOCK)].slice((i % BLOCK) * about.latents, ((i % BLOCK) + 1) * about.latents);
  return Array.from({ length: count }, (_, i) => latent(i));
}

// The weights of the classes for one of them alone.
function weigh(label) {
  return about.classes.map((_, each) => Number(each === label));
}

// The latent on the arc between two, which keeps the length that the generator knows (White 2016, arXiv:1609.04468).
function mixLatents(start, end, share) {
  const dot = (one, other) => one.reduce((sum, value, i) => sum + value * other[i], 0);
  const angle = Math.acos(Math.min(1, Math.max(-1, dot(start, end) / Math.sqrt(dot(start, start) * dot(end, end)))));
  const straight = Math.sin(angle) < 1e-6;
  const near = straight ? 1 - share : Math.sin((1 - share) * angle) / Math.sin(angle);
  const far = straight ? share : Math.sin(share * angle) / Math.sin(angle);
  return start.map((value, i) => near * value + far * end[i]);
}

// The page: what is asked for, what was drawn, and which two pictures the slider leads between.
const asked = Object.fromEntries(["label", "seed", "count"].map((name) => [name, document.getElementById(name)]));
const shelf = document.getElementById("shelf"), said = document.getElementById("said");
const walk = Object.fromEntries(["start", "between", "end", "share"].map((name) => [name, document.getElementById(name)]));
let drawn = [], ends = [], drawing = 0;

// Draw what is asked for, picture by picture; what was begun before and is no longer wanted ends.
async function drawAll() {
  const mine = (drawing += 1), began = performance.now();
  const seed = readSeed(), count = Number(asked.count.value);
  if (seed === null) return;
  const latents = drawLatents(seed, count);
  const only = Number(asked.label.value);
  drawn = [];
  shelf.replaceChildren();
  shelf.style.setProperty("--columns", Math.sqrt(count));
  let pause = began + PATIENCE;
  for (const [place, latent] of latents.entries()) {
    const label = only >= 0 ? only : Math.floor((place * about.classes.length) / count);
    drawn.push({ seed, place, label, latent, picture: drawPicture(latent, weigh(label)) });
    shelf.append(makeButton(drawn[place]));
    if (performance.now() > pause) {
      said.textContent = `${place + 1} of ${count} pictures`;
      await new Promise((resume) => setTimeout(resume));
      if (mine !== drawing) return;
      pause = performance.now() + PATIENCE;
    }
  }
  said.textContent = `${count} pictures in ${((performance.now() - began) / 1000).toFixed(2)} s`;
  choose(drawn[0], drawn[count - 1]);
}

// The seed that was typed; null, and a sentence, for what is none.
function readSeed() {
  const seed = Number(asked.seed.value);
  const sound = asked.seed.value !== "" && Number.isInteger(seed) && seed >= 0 && seed <= GREATEST_SEED;
  if (!sound) said.textContent = `Expected a seed from 0 to ${GREATEST_SEED.toLocaleString("en")}; correct it.`;
  return sound ? seed : null;
}

function nameOf({ label, place }) {
  return `picture ${place + 1}${about.embedding ? `, ${about.classes[label]}` : ""}`;
}

// A picture on the shelf, which can be pressed to be an end of the walk.
function makeButton(item) {
  const button = document.createElement("button"), canvas = document.createElement("canvas");
  button.type = "button";
  button.title = button.ariaLabel = nameOf(item);
  show(item.picture, canvas);
  button.append(canvas);
  button.addEventListener("click", () => choose(ends[1], item));
  return button;
}

// Paint a picture on a canvas of its size.
function show(picture, canvas) {
  [canvas.width, canvas.height] = [width, height];
  canvas.getContext("2d").putImageData(toImage(picture), 0, 0);
}

function toImage(picture) {
  const image = new ImageData(width, height);
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    for (let channel = 0; channel < 3; channel += 1) {
      image.data[4 * pixel + channel] = picture[pixel * channels + (channels === 3 ? channel : 0)];
    }
    image.data[4 * pixel + 3] = 255;
  }
  return image;
}

// Let the walk lead from one picture to another.
function choose(start, end) {
  ends = [start, end];
  [...shelf.children].forEach((button, place) => (button.ariaPressed = String(ends.includes(drawn[place]))));
  for (const [name, item] of [["start", start], ["end", end]]) {
    show(item.picture, walk[name]);
    walk[name].parentElement.querySelector("span").textContent = nameOf(item);
  }
  step();
}

// Draw the picture where the slider stands.
function step() {
  const share = Number(walk.share.value) / Number(walk.share.max), [start, end] = ends;
  const weights = weigh(start.label).map((weight, label) => (1 - share) * weight + share * weigh(end.label)[label]);
  show(drawPicture(mixLatents(start.latent, end.latent, share), weights), walk.between);
  document.getElementById("way").textContent = `${Math.round(100 * share)} % of the way from A to B`;
}

// All pictures in one, on white, small ones twice as large.
function paintSheet() {
  const columns = Math.sqrt(drawn.length), scale = Math.max(height, width) <= 48 ? 2 : 1;
  const sheet = document.createElement("canvas"), small = document.createElement("canvas");
  sheet.width = (columns * (width + GAP) - GAP) * scale;
  sheet.height = (columns * (height + GAP) - GAP) * scale;
  const context = sheet.getContext("2d");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, sheet.width, sheet.height);
  context.imageSmoothingEnabled = false;
  for (const { picture, place } of drawn) {
    show(picture, small);
    const left = (place % columns) * (width + GAP) * scale, top = Math.floor(place / columns) * (height + GAP) * scale;
    context.drawImage(small, left, top, width * scale, height * scale);
  }
  return sheet;
}

// The bytes of an NPZ file as runs write it: images, labels if classes are told, and the names of the classes.
function packArrays() {
  const images = new Uint8Array(drawn.length * height * width * channels);
  drawn.forEach(({ picture }, place) => images.set(picture, place * picture.length));
  const longest = Math.max(...about.classes.map((name) => [...name].length));
  const names = new Uint32Array(about.classes.length * longest);
  about.classes.forEach((name, row) =>
    [...name].forEach((letter, place) => (names[row * longest + place] = letter.codePointAt(0))),
  );
  const shape = [drawn.length, height, width, ...(channels > 1 ? [channels] : [])];
  const labels = Uint8Array.from(drawn, ({ label }) => label);
  return zip({
    "images.npy": toNpy("|u1", shape, images),
    ...(about.embedding ? { "labels.npy": toNpy("|u1", [drawn.length], labels) } : {}),
    "class_names.npy": toNpy(`<U${longest}`, [about.classes.length], new Uint8Array(names.buffer)),
  });
}

// The bytes of an array, NumPy's format 1.0.
function toNpy(kind, shape, bytes) {
  const text = `{'descr': '${kind}', 'fortran_order': False, 'shape': (${shape.join(", ")}${shape.length > 1 ? "" : ","}), }`;
  const header = `${text.padEnd(64 * Math.ceil((text.length + 11) / 64) - 11)}\n`;
  const length = [header.length & 255, header.length >> 8];
  return join([[0x93], toBytes("NUMPY"), [1, 0], length, toBytes(header), bytes]);
}

function toBytes(text) {
  return new TextEncoder().encode(text);
}

function join(parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

// The bytes of a ZIP archive of these files, not compressed, of no date.
function zip(files) {
  const little = (...fields) => fields.flatMap(([bytes, value]) => Array.from({ length: bytes }, (_, i) => (value >>> (8 * i)) & 255));
  const bodies = [], entries = [];
  let start = 0;
  for (const [name, content] of Object.entries(files)) {
    const common = little([2, 20], [2, 0], [2, 0], [2, 0], [2, 33], [4, sumCheck(content)], [4, content.length], [4, content.length], [2, name.length], [2, 0]);
    const body = join([little([4, 0x04034b50]), common, toBytes(name), content]);
    entries.push(join([little([4, 0x02014b50], [2, 20]), common, little([2, 0], [2, 0], [2, 0], [4, 0], [4, start]), toBytes(name)]));
    bodies.push(body);
    start += body.length;
  }
  const list = join(entries);
  const count = entries.length;
  return join([...bodies, list, little([4, 0x06054b50], [2, 0], [2, 0], [2, count], [2, count], [4, list.length], [4, start], [2, 0])]);
}

// CRC-32, as ZIP wants it.
function sumCheck(bytes) {
  let sum = -1;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return ~sum >>> 0;
}

// Give a file to the browser to keep.
function save(blob, ending) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = `pictures-of-seed-${drawn[0].seed}.${ending}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

for (const control of Object.values(asked)) control.addEventListener("change", drawAll);
document.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
document.getElementById("another").addEventListener("click", () => {
  asked.seed.value = Math.floor(Math.random() * (GREATEST_SEED + 1));
  drawAll();
});
document.getElementById("png").addEventListener("click", () => paintSheet().toBlob((blob) => save(blob, "png")));
document.getElementById("npz").addEventListener("click", () => save(new Blob([packArrays()]), "npz"));
walk.share.addEventListener("input", step);
drawAll();
