import RandomNumbers
public enum StratifiedSplit {
  public static func heldOut(_ n: Int, labels: [UInt8], seed: UInt64) -> [Bool] {
    var order = Array(labels.indices); var r = SplitMix64(seed: seed); r.shuffle(&order)
    var held = [Bool](repeating: false, count: labels.count)
    for i in order.prefix(n) { held[i] = true }
    return held
  }
}
