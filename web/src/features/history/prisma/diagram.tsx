import { FONT_SIZE, LINE_HEIGHT, PADDING, STAGE_WIDTH, type Arrow, type Box, type Drawing, type Stage } from './drawing';

const BASELINE = 15;

function BoxOf({ box }: { box: Box }) {
  // In the middle of its height: beside the arrow that leads to it.
  const top = box.y + (box.height - box.lines.length * LINE_HEIGHT) / 2 + BASELINE;
  return (
    <g>
      <rect x={box.x + 0.75} y={box.y + 0.75} width={box.width - 1.5} height={box.height - 1.5} rx={4} fill="none" stroke="currentColor" strokeWidth={1.5} />
      {box.lines.map((line, index) => (
        <text key={index} x={box.x + PADDING} y={top + index * LINE_HEIGHT} fontWeight={line.isStrong ? 700 : 400}>
          {line.text}
        </text>
      ))}
    </g>
  );
}

/** A line with a head at its last point. */
function ArrowOf({ points }: { points: Arrow }) {
  const [[fromX] = [0, 0], [x, y] = [0, 0]] = points.slice(-2);
  const head = fromX === x ? `${x},${y} ${x - 5},${y - 9} ${x + 5},${y - 9}` : `${x},${y} ${x - 9},${y - 5} ${x - 9},${y + 5}`;
  return (
    <g>
      <polyline points={points.map((point) => point.join(',')).join(' ')} fill="none" stroke="currentColor" strokeWidth={1.5} />
      <polygon points={head} fill="currentColor" />
    </g>
  );
}

/** The bar at the side that names a stage; a word that does not fit is drawn together. */
function StageOf({ stage }: { stage: Stage }) {
  const middle = stage.y + stage.height / 2;
  const length = Math.max(24, stage.height - 10);
  const isTight = stage.text.length * 7.2 > length;
  return (
    <g>
      <rect x={0} y={stage.y} width={STAGE_WIDTH} height={stage.height} rx={4} fill="currentColor" fillOpacity={0.1} />
      <text
        x={STAGE_WIDTH / 2}
        y={middle}
        fontWeight={600}
        fontSize={12}
        textAnchor="middle"
        dominantBaseline="central"
        transform={`rotate(-90 ${STAGE_WIDTH / 2} ${middle})`}
        {...(isTight && { textLength: length, lengthAdjust: 'spacingAndGlyphs' })}
      >
        {stage.text}
      </text>
    </g>
  );
}

type Props = { drawing: Drawing; title: string; description: string; className?: string | undefined };

/** The flow diagram, in the colour of the text around it. Nothing but attributes: as a file it looks the same. */
export function Diagram({ drawing, title, description, className }: Props) {
  const { width, height } = drawing;
  return (
    <svg
      role="img"
      aria-label={`${title}. ${description}`}
      className={className}
      viewBox={`-1 -1 ${width + 2} ${height + 2}`}
      width={width}
      height={height}
      fontFamily="system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
      fontSize={FONT_SIZE}
      fill="currentColor"
    >
      <title>{title}</title>
      <desc>{description}</desc>
      {drawing.stages.map((stage) => (
        <StageOf key={stage.text} stage={stage} />
      ))}
      {drawing.arrows.map((points, index) => (
        <ArrowOf key={index} points={points} />
      ))}
      {drawing.boxes.map((box, index) => (
        <BoxOf key={index} box={box} />
      ))}
      {drawing.caption.lines.map((line, index) => (
        <text key={index} x={0} y={drawing.caption.y + BASELINE + index * LINE_HEIGHT} fontSize={12.5}>
          {line}
        </text>
      ))}
    </svg>
  );
}
