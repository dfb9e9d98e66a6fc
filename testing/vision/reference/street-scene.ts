import sharp from 'sharp';

/** A street with a stop sign and a clock, drawn here: the picture on which docs/models.md shows what detectors find. 640 × 480, JPEG. */
export function streetScene(): Promise<Buffer> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="640" height="480">
    <defs>
      <linearGradient id="sky" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#7fb2e5"/><stop offset="1" stop-color="#dcecf8"/></linearGradient>
      <linearGradient id="red" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="#d42027"/><stop offset="1" stop-color="#a8141a"/></linearGradient>
      <radialGradient id="dial"><stop offset="0" stop-color="#fffef6"/><stop offset="1" stop-color="#ece6d2"/></radialGradient>
    </defs>
    <rect width="640" height="480" fill="url(#sky)"/>
    <rect y="370" width="640" height="110" fill="#6d8a4c"/>
    <rect y="410" width="640" height="70" fill="#7c7c7c"/>
    ${wall()}${clock(500, 200, 76)}${stopSign(178, 160, 91)}
  </svg>`;
  return sharp(Buffer.from(svg)).blur(0.7).jpeg({ quality: 90 }).toBuffer();
}

function wall(): string {
  const joints = Array.from({ length: 29 }, (_, row) => {
    const y = 90 + row * 10;
    return `<line x1="380" x2="620" y1="${y}" y2="${y}" stroke="#8f4b36" stroke-width="1.5"/>`;
  });
  return `<rect x="380" y="90" width="240" height="290" fill="#b5654a"/>${joints.join('')}`;
}

function clock(x: number, y: number, radius: number): string {
  const hours = Array.from({ length: 12 }, (_, hour) => {
    const [right, up] = [Math.sin((hour * Math.PI) / 6), Math.cos((hour * Math.PI) / 6)];
    const at = (part: number) => [x + radius * part * right, y - radius * part * up] as const;
    const [[x1, y1], [x2, y2], [textX, textY]] = [at(0.8), at(0.92), at(0.66)];
    return (
      `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="#222" stroke-width="4"/>` +
      `<text x="${textX}" y="${textY + 7}" font-family="serif" font-size="20" text-anchor="middle" fill="#222">${hour || 12}</text>`
    );
  });
  const hand = (dx: number, dy: number, width: number) =>
    `<line x1="${x}" y1="${y}" x2="${x + dx}" y2="${y + dy}" stroke="#111" stroke-width="${width}" stroke-linecap="round"/>`;
  const disc = (size: number, fill: string) => `<circle cx="${x}" cy="${y}" r="${size}" fill="${fill}"/>`;
  const dial = disc(radius + 10, '#3a2c20') + disc(radius, 'url(#dial)');
  return dial + hours.join('') + hand(-30, -30, 7) + hand(40, -40, 5) + disc(6, '#111');
}

function stopSign(x: number, y: number, radius: number): string {
  const octagon = (size: number) =>
    Array.from({ length: 8 }, (_, corner) => {
      const angle = Math.PI / 8 + (corner * Math.PI) / 4;
      return `${x + size * Math.cos(angle)},${y + size * Math.sin(angle)}`;
    }).join(' ');
  return (
    `<rect x="${x - 7}" y="200" width="14" height="230" fill="#8d9296"/>` +
    `<polygon points="${octagon(radius + 9)}" fill="#f4f4f4"/><polygon points="${octagon(radius)}" fill="url(#red)"/>` +
    `<text x="${x}" y="${y + 22}" font-family="DejaVu Sans, Arial" font-weight="bold" font-size="62" text-anchor="middle" ` +
    `fill="#fff" textLength="142" lengthAdjust="spacingAndGlyphs">STOP</text>`
  );
}
