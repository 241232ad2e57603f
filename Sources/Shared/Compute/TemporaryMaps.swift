import KernelInterface
public struct MapRows {
  public let floats: Floats; public let rowCount, rowStride, pixelCount, channels, pixelStride: Int
  public init(_ floats: Floats, rowCount: Int, rowStride: Int, pixelCount: Int, channels: Int, pixelStride: Int? = nil) {
    self.floats = floats; self.rowCount = rowCount; self.rowStride = rowStride; self.pixelCount = pixelCount; self.channels = channels; self.pixelStride = pixelStride ?? channels }
  func each(_ body: (Int, Int, Int) -> Void) { for y in 0..<rowCount { for x in 0..<pixelCount { for c in 0..<channels { body(y,x,c) } } } }
  subscript(y: Int, x: Int, c: Int) -> Float { get { floats[y*rowStride+x*pixelStride+c] } nonmutating set { floats[y*rowStride+x*pixelStride+c] = newValue } }
  public func clearChannels(from: Int) { for y in 0..<rowCount { for x in 0..<pixelCount { for c in from..<channels { self[y,x,c] = 0 } } } }
}
extension Engine {
  public func copyMap(_ a: MapRows, to b: MapRows) { a.each { b[$0,$1,$2] = a[$0,$1,$2] } }
  public func addMap(_ a: MapRows, to b: MapRows) { a.each { b[$0,$1,$2] += a[$0,$1,$2] } }
}
extension Activation {
  public enum Reads { case input, output }
  public var backwardReads: Reads { switch self { case .relu, .leaky, .tanh, .sigmoid: .output; default: .input } }
  func v(_ x: Double) -> Double { switch self {
    case .relu: max(x, 0)
    case .leaky(let s): x > 0 ? x : Double(s) * x
    case .gelu: 0.5 * x * (1 + erf(x / 2.0.squareRoot()))
    case .silu: x / (1 + exp(-x))
    case .hardswish: x * min(max(x + 3, 0), 6) / 6
    case .tanh: Glibc.tanh(x)
    case .sigmoid: 1 / (1 + exp(-x)) } }
  func d(_ x: Double) -> Double { switch self {
    case .relu: x > 0 ? 1 : 0
    case .leaky(let s): x > 0 ? 1 : Double(s)
    case .gelu: 0.5 * (1 + erf(x / 2.0.squareRoot())) + x * exp(-x*x/2) / (2 * Double.pi).squareRoot()
    case .silu: { let s = 1 / (1 + exp(-x)); return s * (1 + x * (1 - s)) }()
    case .hardswish: x < -3 ? 0 : x > 3 ? 1 : (2*x+3)/6
    case .tanh: 1 - x*x
    case .sigmoid: x * (1 - x) } }
}
import Glibc
extension Engine {
  public func activate(_ f: Activation, input a: MapRows, output b: MapRows) { a.each { b[$0,$1,$2] = Float(f.v(Double(a[$0,$1,$2]))) } }
  public func activationBackward(_ f: Activation, gradient g: MapRows, values v: MapRows) { g.each { g[$0,$1,$2] *= Float(f.d(Double(v[$0,$1,$2]))) } }
  public func scaleMap(_ a: MapRows, by f: Float) { a.each { a[$0,$1,$2] *= f } }
  public func sumMaps(_ a: MapRows, _ b: MapRows, activation: Activation?, to c: MapRows) { a.each { let s = a[$0,$1,$2] + b[$0,$1,$2]; c[$0,$1,$2] = activation == nil ? s : max(s, 0) } }
  public func copyChannels(_ a: MapRows, from: Int, to b: MapRows, at: Int, count: Int) { for y in 0..<a.rowCount { for x in 0..<a.pixelCount { for c in 0..<count { b[y,x,at+c] = a[y,x,from+c] } } } }
  public func addChannels(_ a: MapRows, from: Int, to b: MapRows, at: Int, count: Int) { for y in 0..<a.rowCount { for x in 0..<a.pixelCount { for c in 0..<count { b[y,x,at+c] += a[y,x,from+c] } } } }
  public func averagePool(_ w: PoolingWindow, rowCount: Int, input: Floats, output: Floats) {
    for y in 0..<rowCount { for x in 0..<w.outWidth { for c in 0..<w.channels { var s: Float = 0
      for r in 0..<w.size { for q in 0..<w.size { s += input[(y*w.stride+r)*w.inputRowStride+(x*w.stride+q)*w.inputPixelStride+c] } }
      output[y*w.outputRowStride+x*w.channels+c] = s / Float(w.size*w.size) } } } }
  public func addAveragePoolGradient(_ w: PoolingWindow, rowCount: Int, outputGradient: Floats, inputGradient: Floats) {
    for y in 0..<rowCount { for x in 0..<w.outWidth { for c in 0..<w.channels {
      let g = outputGradient[y*w.outputRowStride+x*w.channels+c] / Float(w.size*w.size)
      for r in 0..<w.size { for q in 0..<w.size { inputGradient[(y*w.stride+r)*w.inputRowStride+(x*w.stride+q)*w.inputPixelStride+c] += g } } } } } }
  public func globalAverage(_ a: MapRows, to b: Floats) { for c in 0..<a.channels { var s: Float = 0; for y in 0..<a.rowCount { for x in 0..<a.pixelCount { s += a[y,x,c] } }; b[c] = s / Float(a.rowCount*a.pixelCount) } }
  public func globalAverageGradient(_ g: Floats, to a: MapRows, accumulates: Bool) { let n = Float(a.rowCount*a.pixelCount); a.each { a[$0,$1,$2] = (accumulates ? a[$0,$1,$2] : 0) + g[$2] / n } }
  public func globalMaximum(_ a: MapRows, to b: Floats, places: UnsafeMutableBufferPointer<UInt32>?) { for c in 0..<a.channels { var best = a[0,0,c]; var p = 0; for y in 0..<a.rowCount { for x in 0..<a.pixelCount where a[y,x,c] > best { best = a[y,x,c]; p = y*a.pixelCount+x } }; b[c] = best; places?[c] = UInt32(p) } }
  public func globalMaximumGradient(_ g: Floats, places: UnsafeMutableBufferPointer<UInt32>, to a: MapRows, accumulates: Bool) { if !accumulates { a.each { a[$0,$1,$2] = 0 } }; for c in 0..<a.channels { let p = Int(places[c]); a[p/a.pixelCount, p%a.pixelCount, c] += g[c] } }
  public func channelMoments(_ a: MapRows, mean: Floats, squaredDeviations: Floats) { let n = Float(a.rowCount*a.pixelCount); for c in 0..<a.channels { var s: Float = 0; for y in 0..<a.rowCount { for x in 0..<a.pixelCount { s += a[y,x,c] } }; let m = s/n; var q: Float = 0;  for y in 0..<a.rowCount { for x in 0..<a.pixelCount { q += (a[y,x,c]-m)*(a[y,x,c]-m) } }; mean[c] = m; squaredDeviations[c] = q } }
  public func normalize(_ a: MapRows, scale: Floats, shift: Floats, activation: Activation?, to b: MapRows) { a.each { let z = a[$0,$1,$2]*scale[$2]+shift[$2]; b[$0,$1,$2] = activation.map { Float($0.v(Double(z))) } ?? z } }
  public func normalizeBackward(outputGradient g: MapRows, input a: MapRows, scale: Floats, shift: Floats, mean: Floats, inverseDeviation: Floats, activation: Activation?, gradientSum: Floats, productSum: Floats) {
    a.each { let z = a[$0,$1,$2]*scale[$2]+shift[$2]
      if let f = activation { let v = f.backwardReads == .output ? f.v(Double(z)) : Double(z); g[$0,$1,$2] *= Float(f.d(v)) }
      gradientSum[$2] += g[$0,$1,$2]; productSum[$2] += g[$0,$1,$2] * (a[$0,$1,$2]-mean[$2])*inverseDeviation[$2] } }
  public func normalizeInputGradient(gradient g: MapRows, input a: MapRows, a f: Floats, b: Floats, c k: Floats, to t: MapRows, accumulates: Bool) { a.each { let d = f[$2]*g[$0,$1,$2]+b[$2]*a[$0,$1,$2]+k[$2]; t[$0,$1,$2] = (accumulates ? t[$0,$1,$2] : 0) + d } }
}
public struct ChannelMoments { public var means: [Double], squaredDeviations: [Double]; var count = 0.0
  public init(channels: Int) { means = Array(repeating: 0, count: channels); squaredDeviations = means }
  public mutating func add(mean: Floats, squaredDeviations q: Floats, count n: Int) { let t = count + Double(n); for c in means.indices { let d = Double(mean[c]) - means[c]; means[c] += d * Double(n)/t; squaredDeviations[c] += Double(q[c]) + d*d*count*Double(n)/t }; count = t } }
